"""The commands `forecastle text` and `forecastle text chat`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import Config, Device, Home, Seed, names_of, on_one_thread, prepare

text = typer.Typer(
    name="text",
    help="Train the text models of the course, and talk with one of them.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)

Chapters = Annotated[
    str | None,
    typer.Option(
        metavar="N,N", help="Chapters to go through.  [default: 1,2,3,4]", show_default=False
    ),
]
Examples = Annotated[
    str | None,
    typer.Option(metavar="N.N,N.N", help="Only these examples, such as 1.3.", show_default=False),
]
Size = Annotated[
    str | None,
    typer.Option(
        help="usual, or small: seconds an example, to see that it runs.", show_default=False
    ),
]


Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any other parameter, such as experiment=mine; may be repeated.",
        show_default=False,
    ),
]


def _own(what: str) -> typer.models.OptionInfo:
    """The option of a corpus of the user's."""
    option: typer.models.OptionInfo = typer.Option(
        metavar="SOURCE", help=f"{what} of your own.", show_default=False
    )
    return option


@text.callback(
    epilog="SOURCE is a file or a folder, or hf:NAME of Hugging Face datasets; without one the "
    "embedded corpus is taken. docs/course.md says what each kind may be."
)
def train(
    context: typer.Context,
    chapters: Chapters = None,
    examples: Examples = None,
    size: Size = None,
    seed: Seed = None,
    device: Device = None,
    characters: Annotated[str | None, _own("A text")] = None,
    sentiment: Annotated[str | None, _own("Texts and classes")] = None,
    tags: Annotated[str | None, _own("Sentences with tags")] = None,
    translation: Annotated[str | None, _own("Translations")] = None,
    summaries: Annotated[str | None, _own("Texts and summaries")] = None,
    dialogue: Annotated[str | None, _own("Prompts and answers")] = None,
    config: Config = None,
    set_: Set = None,
    home: Home = None,
) -> None:
    """Train the text models of the course, and talk with one of them."""
    if context.invoked_subcommand is not None:
        return
    prepare(home)
    on_one_thread()
    from flows.text import invocation
    from flows.text.terminal import show

    given = {
        "chapters": names_of(chapters),
        "examples": names_of(examples),
        "size": size,
        "seed": seed,
        "device": device,
        "characters": characters,
        "sentiment": sentiment,
        "tags": tags,
        "translation": translation,
        "summaries": summaries,
        "dialogue": dialogue,
    }
    options = {key: value for key, value in given.items() if value is not None}
    show(invocation.conduct(invocation.parameters_of(config, options, set_ or [])))


@text.command()
def chat(home: Home = None) -> None:
    """Talk with the dialogue model that example 3.7 has trained."""
    prepare(home)
    from flows.settings import Settings
    from flows.text.chat import chat as talk

    talk(Settings().home.resolve())
