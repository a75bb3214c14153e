"""Questions to a page, in its own language. Those that look for faults return a list of them."""

from __future__ import annotations

FIGURES = "return document.querySelectorAll('.plot').length"

# A figure is drawn when it comes near the screen.
ALL_DRAWN = """
const waiting = [...document.querySelectorAll(".plot")].filter((plot) =>
  !plot.dataset.drawn || !plot.querySelector(".trace, .hm"));
waiting[0]?.scrollIntoView({behavior: "instant"});
return document.querySelectorAll(".plot").length > 0 && !waiting.length;
"""

TOO_WIDE = """
const page = document.documentElement, width = page.clientWidth;  // a phone widens innerWidth
if (page.scrollWidth <= width) return [];
const beyond = (e) => e.getBoundingClientRect().right > width && !e.closest(".wide, pre");
return [page.scrollWidth, ...[...document.body.querySelectorAll("*")].filter(beyond)
  .map((e) => e.outerHTML.slice(0, 90))];
"""

NOT_DRAWN = """
return [...document.querySelectorAll(".plot")].filter((plot) => {
  const box = plot.querySelector("svg.main-svg")?.getBoundingClientRect();
  const holder = plot.getBoundingClientRect();
  const traces = plot.querySelectorAll(".scatterlayer .trace, .barlayer .trace, .heatmaplayer .hm");
  return !box || box.width < 200 || box.height < 150 || !traces.length
    || box.right > holder.right + 1 || box.bottom > holder.bottom + 1;
}).map((plot) => plot.closest("figure").querySelector("figcaption").textContent);
"""

NAMELESS = """
const name = (e) => e.getAttribute("aria-label")
  ?? document.getElementById(e.getAttribute("aria-labelledby"))?.textContent
  ?? (e.getAttribute("role") ? "" : e.textContent);
const named = "a, button, summary, nav, section, [role], [tabindex='0']:not(pre)";
const nameless = [...document.querySelectorAll(named)].filter((e) =>
  !e.closest(".plot svg") && !name(e).trim());
const untold = [...document.querySelectorAll("figure")].filter((e) =>
  !e.querySelector("details table"));
return [...nameless, ...untold].map((e) => e.outerHTML.slice(0, 120));
"""

HEADINGS = """
return [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((e) => Number(e.tagName[1]));
"""

# Text against what lies behind it (WCAG 2.2, 1.4.3). A colour that is not opaque lets that through.
LOW_CONTRAST = """
const parse = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
  return {rgb: [r, g, b], a};
};
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) =>
    v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const {rgb, a} = parse(getComputedStyle(e).backgroundColor);
    if (a === 1) return rgb;
  }
  return [255, 255, 255];
};
const low = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || e.closest("script, style, noscript")) continue;
  if (!e.checkVisibility()) continue;
  const look = getComputedStyle(e);
  const {rgb, a} = parse(e.namespaceURI.endsWith("svg") ? look.fill : look.color);
  const [light, dark] = [luminance(rgb), luminance(behind(e))].sort((x, y) => y - x);
  const enough = a === 1 && (light + 0.05) / (dark + 0.05) >= 4.5;
  if (!enough) low.push([e.textContent.slice(0, 60), rgb, behind(e)]);
}
return low;
"""

# What the keyboard is to reach, in this order: window.wanted remembers it.
WANTED = """
const all = "a[href], button, summary, .wide, pre[tabindex]";
window.wanted = [...document.querySelectorAll(all)].filter((e) => e.checkVisibility());
return wanted.map((e) => e.getAttribute("aria-label") ?? e.textContent.trim());
"""

FOCUSED = """
const e = document.activeElement, look = getComputedStyle(e);
const outlined = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
return {place: wanted.indexOf(e), outlined, what: e.outerHTML.slice(0, 90)};
"""

TRACES = """
return arguments[0].querySelectorAll(".plot .scatterlayer .trace").length;
"""

FILLS = """
const ticks = [...document.querySelectorAll(".plot .xtick text")];
return ticks.map((e) => getComputedStyle(e).fill).join();
"""
