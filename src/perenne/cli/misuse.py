"""What is said of a command line that cannot be understood, in the house's form."""

from __future__ import annotations

import re
from typing import Any

import click

from perenne.core import PerenneError, closest
from perenne.text import gettext as _
from perenne.text import ngettext

# Older versions of click know a plain UsageError only.
_NO_COMMAND: Any = getattr(click.exceptions, "NoSuchCommand", type(None))


def misused(error: click.UsageError) -> PerenneError:
    """The same refusal in the reader's language, with the next step; a text of click's own where
    we have none."""
    command = error.ctx.command_path if error.ctx else "perenne"
    next_step = _("See what there is: {command} --help").format(command=command)
    near = _near(error)
    if near:
        next_step = _("Did you mean {near}?").format(near=near) + " " + next_step
    return PerenneError(_what(error), given=command, next_step=next_step)


def _near(error: click.UsageError) -> str | None:
    if isinstance(error, _NO_COMMAND) and error.ctx and isinstance(error.ctx.command, click.Group):
        return closest(error.command_name, error.ctx.command.list_commands(error.ctx))
    return next(iter(getattr(error, "possibilities", None) or ()), None)


def _what(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return _("There is no option {name}.").format(name=error.option_name)
    if isinstance(error, _NO_COMMAND):
        return _("There is no command “{name}”.").format(name=error.command_name)
    if isinstance(error, click.BadOptionUsage):
        return _of_option(error)
    if isinstance(error, click.BadParameter) and error.param and error.ctx:
        return _of_value(error, error.param, error.ctx)
    if isinstance(error.ctx and error.ctx.command, click.Group) and "Missing" in error.message:
        return _("A command is missing.")
    return _too_much(error.message) or error.format_message()


def _of_option(error: click.BadOptionUsage) -> str:
    if "does not take a value" in error.message:
        return _("The option {name} takes no value.").format(name=error.option_name)
    return _("The option {name} needs a value.").format(name=error.option_name)


def _too_much(message: str) -> str:
    """click says in English alone which words nothing asked for."""
    found = re.search(r"unexpected extra arguments? \((.*)\)", message)
    if found is None:
        return ""
    return ngettext(
        "Nothing asks for this word: {words}.",
        "Nothing asks for these words: {words}.",
        len(found[1].split()),
    ).format(words=found[1])


def _of_value(error: click.BadParameter, param: click.Parameter, ctx: click.Context) -> str:
    name = param.get_error_hint(ctx).replace("'", "")
    if isinstance(error, click.MissingParameter):
        return _("{name} is missing.").format(name=name)
    if isinstance(param.type, click.Choice):
        choices = ", ".join(map(str, param.type.choices))
        return _("{name} takes one of: {choices}.").format(name=name, choices=choices)
    if isinstance(param.type, click.IntRange):
        return _in_range(name, param.type)
    if isinstance(param.type, type(click.INT)):
        return _("{name} takes a whole number.").format(name=name)
    if isinstance(param.type, click.Path):
        return _("{name} takes a file that is there and can be read.").format(name=name)
    return error.format_message()


def _in_range(name: str, allowed: click.IntRange) -> str:
    if allowed.max is None:
        return _("{name} takes a whole number from {low} on.").format(name=name, low=allowed.min)
    return _("{name} takes a whole number from {low} to {high}.").format(
        name=name, low=allowed.min, high=allowed.max
    )
