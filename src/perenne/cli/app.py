"""The `perenne` program: commands are loaded when they are called."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Any

import click

from perenne.cli.printing import refuse
from perenne.cli.tongue import language_of
from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.text import set_language

# Command -> module of perenne.cli that builds it.
COMMANDS: Mapping[str, str] = {
    "demo": "demo",
    "init": "making",
    "import": "making",
    "connect": "live",
    "sync": "live",
    "refresh": "making",
    "run": "making",
    "forget": "making",
    "erase": "privacy",
    "retention": "retention",
    "status": "state",
    "quality": "quality",
    "consistency": "consistency",
    "rollback": "state",
    "doctor": "doctor",
    "kpis": "figures",
    "cohorts": "figures",
    "segments": "segmented",
    "identity": "identity",
    "backtest": "backtest",
    "account": "account",
    "person": "person",
    "audit": "audit",
    "report": "papers",
    "export": "papers",
}


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, _("Usage: ") if prefix is None else prefix)


class _Context(click.Context):
    formatter_class = _Formatter


class Program(click.Group):
    """A group whose commands are built in the person's language, one module at a time."""

    context_class = _Context

    def make_context(self, *words: Any, **options: Any) -> click.Context:
        with _heard():
            return super().make_context(*words, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _heard():
            return super().invoke(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _in_our_words(super().get_help_option(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"perenne.cli.{COMMANDS[cmd_name]}")
        build: Any = module.COMMANDS[cmd_name]
        command: click.Command = build()
        _dress(command, ctx)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line per command without loading any of them."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, text) for name, text in _summaries().items()])


def _dress(command: click.Command, parent: click.Context) -> None:
    """Let a command, and those below it, speak the person's language."""
    command.context_class = _Context
    context = _Context(command, parent=parent, info_name=command.name)
    _in_our_words(command.get_help_option(context))
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _dress(child, context)


def _in_our_words(option: click.Option | None) -> click.Option | None:
    """click keeps the option that it makes, and knows English only."""
    if option is not None:
        option.help = _("Show this help and stop.")
    return option


def _summaries() -> dict[str, str]:
    return {
        "demo": _("Simulate a shop and show the whole job on it."),
        "init": _("Create a workspace."),
        "import": _("Import files into a workspace."),
        "connect": _("Connect a system of the shop, to be read live."),
        "sync": _("Read the connected systems from where they were left."),
        "refresh": _("Compute and publish a new snapshot."),
        "run": _("All in one: workspace, import, refresh and report."),
        "forget": _("Take one import back."),
        "erase": _("Erase persons from everything, and prove it."),
        "retention": _("Who is kept too long, and erase them."),
        "status": _("What a workspace holds, and the reconciliation."),
        "quality": _("How far an import may be trusted: checks, thresholds, what to do."),
        "consistency": _("Where shop, marketplaces and feeds differ on a product."),
        "rollback": _("Publish an older snapshot again."),
        "doctor": _("Check environment, engine, disk, settings and files."),
        "kpis": _("Figures of the catalogue, by any dimension and period."),
        "cohorts": _("Retention, revenue, margin or orders by cohort."),
        "backtest": _("Judge the models on the shop's own past, beside simple rules."),
        "segments": _("RFM segments, their value and movements."),
        "identity": _("Which records are one customer: review, accept, refuse."),
        "account": _("Everything about one company: contacts, value, what happened."),
        "person": _("Everything about one customer: record, page, archive to hand over."),
        "audit": _("Five ways to look at the customer base."),
        "report": _("Write the report as one HTML file."),
        "export": _("Export customers, orders, cohorts, segments, predictions or the Excel model."),
    }


def program() -> Program:
    """The program in the current language."""
    return Program(
        "perenne",
        help=_("What each customer is worth, why, and what to do about it."),
        params=[
            click.Option(["--lang"], type=click.Choice(["fr", "en"]), help=_("Language.")),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                help=_("Show the version and stop."),
            ),
        ],
        callback=lambda lang: None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from perenne import __version__

    click.echo(f"perenne {__version__}")
    ctx.exit()


# Building queries makes many objects that live until they are compiled: looking for garbage among
# them as often as Python does by itself costs a refresh a tenth of its processor time.
GARBAGE_AFTER = (200_000, 20, 100)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point. Exit code 0, 1 (refused, with a reason and the next step) or 2 (usage)."""
    gc.set_threshold(*GARBAGE_AFTER)
    words = list(sys.argv[1:] if args is None else args)
    set_language(language_of(words, os.environ, Path.cwd()))
    try:
        code = run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        code = _unheard()
    sys.exit(code)


class _NobodyReads(Exception):
    """The reader of a pipe has stopped: no fault. Of a BrokenPipeError click makes exit code 1."""


@contextmanager
def _heard() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _NobodyReads from error


def _unheard() -> int:
    """End well where nobody reads any more (`| head -1`): what is not written yet would fail when
    the program ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    return 0


def run(words: Sequence[str]) -> int:
    """Run one command line and return its exit code; never a traceback."""
    as_json = "--json" in takewhile(lambda word: word != "--", words)
    try:
        # Without its standalone mode, click returns the code that a command ends with.
        code = program().main(args=list(words), prog_name="perenne", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        from perenne.cli.misuse import misused

        refuse(misused(error), as_json=as_json)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo(f"{_('Stopped.')} {_left(error)}", err=True)
        return 130
    except PerenneError as error:
        refuse(error, as_json=as_json)
        return 1
    except _NobodyReads:
        return _unheard()
    except OSError as error:
        return _out_of_reach(error, as_json=as_json)
    except Exception as error:
        return _unexpected(error)
    return code if isinstance(code, int) else 0


def _left(error: BaseException) -> str:
    """How a stopped run left the workspace, as those say who were writing to it."""
    cause = error.__cause__ or error  # click turns Ctrl-C into an error of its own
    if not isinstance(cause, KeyboardInterrupt):
        return _("Nothing was changed.")  # somebody answered no
    return _noted(cause) or _("The same command, run again, does the whole work.")


def _noted(error: BaseException) -> str:
    return " ".join(getattr(error, "__notes__", ()))


def _out_of_reach(error: OSError, *, as_json: bool) -> int:
    """A file or folder that the system does not let us read or write."""
    if os.environ.get("PERENNE_DEBUG") or not error.strerror:
        return _unexpected(error)
    refuse(
        PerenneError(
            _("{file} cannot be read or written: {reason}.").format(
                file=error.filename or _("A file"), reason=error.strerror
            ),
            given=str(error.filename),
            next_step=_("Check that you may use it and that the disk is not full, then try again."),
        ),
        as_json=as_json,
    )
    return 1


def _unexpected(error: Exception) -> int:
    if os.environ.get("PERENNE_DEBUG"):
        raise error
    text = _("Something went wrong that Perenne did not expect: {error}").format(
        error=f"{type(error).__name__}: {error}"
    )
    click.echo(click.style(text, fg="red"), err=True)
    where = _("PERENNE_DEBUG=1 shows where it happened.")
    click.echo("→ " + " ".join(filter(None, (_noted(error), where))), err=True)
    return 1
