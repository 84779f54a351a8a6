"""``cuibono verify`` and ``cuibono reproduce``: is a run what its manifest says?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cuibono.cli.common import BAD_INPUT, OK, add_quiet, say
from cuibono.cli.running import add_engine, check_engine, config_of, results


def add_verify(commands: Any) -> None:
    """The parser of ``cuibono verify``."""
    p = commands.add_parser(
        "verify", help="check a run against its manifest", description="Check the files of a run against its manifest."
    )
    p.add_argument("folder", type=Path, metavar="DIR")
    add_quiet(p)
    p.set_defaults(command=_verify)


def add_reproduce(commands: Any) -> None:
    """The parser of ``cuibono reproduce``."""
    p = commands.add_parser(
        "reproduce",
        help="run again what a manifest says",
        description="Run again what the manifest of a run says; report the first difference, or that there is none.",
    )
    p.add_argument("folder", type=Path, metavar="DIR")
    p.add_argument("--out", required=True, type=Path, metavar="NEW", help="folder of the second run")
    add_engine(p)
    add_quiet(p)
    p.set_defaults(command=_reproduce)


def _verify(args: argparse.Namespace) -> int:
    from cuibono.run.folder import OUTPUTS
    from cuibono.run.manifest import verify

    problems = list(verify(args.folder))
    for problem in problems:
        say(f"error: {problem}")
    if not problems and not args.quiet:
        print(f"{args.folder}: {', '.join(OUTPUTS)} are as the manifest says")
    return BAD_INPUT if problems else OK


def _reproduce(args: argparse.Namespace) -> int:
    from cuibono.errors import InputError
    from cuibono.run import RunFolder
    from cuibono.run.manifest import first_difference, read_manifest
    from cuibono.setup import Setup

    check_engine(args)
    said = read_manifest(args.folder)
    if args.out.is_dir() and any(args.out.iterdir()):
        raise InputError(args.out, "found a folder that holds something; allowed: a new one")
    setup = Setup.from_dict(said["config"]["setup"])
    units = Path(said["inputs"]["units"]) if said["inputs"].get("units") else None
    inputs = {key: said["inputs"][key] for key in ("paths", "columns", "split")}
    config = config_of(setup, units, inputs)
    for key, value in config.items():
        if value != said["config"][key]:
            problem = f"{key}: found {value}; the manifest says {said['config'][key]}"
            raise InputError(args.folder, f"cannot be run again: {problem}")
    with RunFolder(args.out, config) as folder:
        for done in results(inputs, setup, folder, args, units, retry=False):
            if done.problem and not args.quiet:
                say(f"note: {done.problem}")
    difference = first_difference(args.folder, args.out)
    if difference:
        say(f"error: {difference}")
    elif not args.quiet:
        print(f"no difference: {args.folder} and {args.out}")
    return BAD_INPUT if difference else OK
