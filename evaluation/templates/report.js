// Draws each figure when it comes near the screen, in the colours of the page.
(async () => {
  const packed = document.getElementById("plotly").textContent;
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const library = document.createElement("script");
  library.textContent = await new Response(unpacked).text();
  document.head.append(library);

  const inTheDark = Object.entries(JSON.parse(document.getElementById("dark").textContent));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const touch = matchMedia("(pointer: coarse)");
  const plots = [...document.querySelectorAll(".plot")];
  const figureOf = (plot) => plot.closest("figure");

  const read = (plot, printed) => {
    let text = figureOf(plot).querySelector("script").textContent;
    if (dark.matches && !printed) {
      for (const [light, other] of inTheDark) text = text.replaceAll(light, other);
    }
    return JSON.parse(text);
  };

  const draw = (plot, printed = false) => {
    const { data, layout } = read(plot, printed);
    const off = [...figureOf(plot).querySelectorAll("[aria-pressed=false]")];
    const hidden = new Set(off.map((button) => button.dataset.group));
    for (const trace of data) trace.visible = !hidden.has(trace.legendgroup ?? trace.name);
    if (touch.matches) layout.dragmode = false; // a finger scrolls the page
    if (printed) layout.width = 640;
    plot.dataset.drawn = "yes";
    return Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true });
  };

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "400px" });
  plots.forEach((plot) => near.observe(plot));

  const again = () => plots.filter((plot) => plot.dataset.drawn).forEach((plot) => draw(plot));
  dark.addEventListener("change", again);
  addEventListener("beforeprint", () => plots.forEach((plot) => draw(plot, true)));
  addEventListener("afterprint", again);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest(".keys button");
    if (!button) return;
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") === "false");
    draw(figureOf(button).querySelector(".plot"));
  });
})();
