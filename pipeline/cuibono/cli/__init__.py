"""The command ``cuibono``: parses arguments, calls one function, prints.

Exit codes: 0 all went well; 1 an input, a file or a model is bad (all others were still processed);
2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from cuibono import __version__
from cuibono.cli import annotate, checking, corpus, models, review, score, tables
from cuibono.cli.common import BAD_INPUT, BAD_USAGE, OK, say
from cuibono.errors import CuibonoError

__all__ = ["BAD_INPUT", "BAD_USAGE", "OK", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except CuibonoError as error:
        say(f"error: {error}")
        return BAD_INPUT
    except ValueError as error:
        say(f"error: {error}")
        return BAD_USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        say("interrupted; what was done is kept")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cuibono",
        description="What a geopolitical commentary says is at stake, and for whom.",
        epilog="Exit codes: 0 all went well; 1 an input, file or model is bad, the rest was done; 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"cuibono {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = (
        annotate.add_run,
        score.add_evaluate,
        score.add_compare,
        review.add_export,
        review.add_merge,
        score.add_validate,
        annotate.add_actors,
        tables.add_tables,
        checking.add_verify,
        checking.add_reproduce,
        corpus.add_corpus,
        models.add_train,
        models.add_probe,
    )
    for add_command in add:
        add_command(commands)
    return parser
