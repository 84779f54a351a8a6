"""Build states.tsv and organisations.tsv, the actor table of cuibono.

Every state gets its names from pycountry (ISO 3166) and from CLDR (through
Babel). The tables under hand/ add what the two lack:

  hand/states.tsv         roster, name overrides, aliases, demonyms, capitals, seats
  hand/petrarch2.tsv      spellings picked from the PETRARCH2 dictionaries (MIT)
  hand/dropped.tsv        packaged or derived surfaces that are not to be kept
  hand/organisations.tsv  all organisations, before spelling variants

Usage: build.py [--out DIR] [--petrarch DIR]
With --petrarch, each row of hand/petrarch2.tsv is checked against the dictionary.
"""
import argparse
import csv
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pycountry
from babel import Locale

HERE = Path(__file__).resolve().parent
HAND = HERE / "hand"
TABLE = HERE.parents[1] / "pipeline" / "cuibono" / "extract" / "data"

STATE_COLUMNS = ["id", "name", "aliases", "demonyms", "capitals", "seats"]
ORGANISATION_COLUMNS = ["id", "name", "kind", "label", "aliases", "demonyms", "members", "home"]
SURFACE_COLUMNS = ["name", "aliases", "demonyms", "capitals", "seats"]

# CLDR writes Kosovo under a user-assigned code that pycountry lacks.
ALPHA2_OUTSIDE_ISO = {"XKX": "XK"}
# PETRARCH2 writes Kosovo with the World Bank's old code.
PETRARCH2_CODES = {"XKX": "KSV"}

# Letters that Unicode does not decompose into a base letter and an accent.
PLAIN_LETTERS = str.maketrans("øØłŁđĐıæÆßțș", "oOlLdDiaAsts")

# A surface that fits the left side is also listed with the right side.
SPELLING_PAIRS = [
    (r"^US\b", "U.S."),
    (r"^UK\b", "U.K."),
    (r"\bUN\b", "U.N."),
    (r"\bUN\b", "United Nations"),
    (r"^Saint ", "St. "),
    (r"^Saint ", "St "),
    (r"^al-", "Al-"),
    (r"^[aA]l-", "al "),
    (r"^[aA]l-", "Al "),
    (r"\bOrganization", "Organisation"),
    (r"\bStabilization", "Stabilisation"),
    (r"\bDefense\b", "Defence"),
    (r"\bDefence\b", "Defense"),
    (r"\bProgramme\b", "Program"),
    (r"\bLabour\b", "Labor"),
    (r"\bCooperation\b", "Co-operation"),
    (r"\bCo-operation\b", "Cooperation"),
]


# ------------------------------------------------------------------ plain tables

def read_table(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def write_table(path, columns, rows):
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write("\t".join(columns) + "\n")
        for row in rows:
            handle.write("\t".join(row[column] for column in columns) + "\n")


def split(cell):
    return [surface for surface in cell.split(";") if surface]


# ------------------------------------------------------------------ packaged names

def tidy(name):
    """Straight apostrophes, no leading article, single spaces."""
    name = name.replace("\u2019", "'")
    name = re.sub(r"^the ", "", name)
    return re.sub(r"\s+", " ", name).strip()


def readings(name):
    """The forms a running text would use for a listed name.

    "Korea, Republic of" is read "Republic of Korea", "Myanmar (Burma)" as
    two names, "Congo - Kinshasa" with a plain hyphen, "A & B" also "A and B".
    """
    name = tidy(name).replace(" - ", "-")
    both = re.fullmatch(r"(.+) \((.+)\)", name)
    if both:
        return [both.group(1), both.group(2)]
    parts = name.split(", ")
    if len(parts) == 2:
        name = tidy(f"{tidy(parts[1])} {parts[0]}")
    if " & " in name:
        return [name.replace(" & ", " and "), name]
    return [name]


def from_pycountry(code):
    country = pycountry.countries.get(alpha_3=code)
    if country is None:
        return []
    fields = ("common_name", "name", "official_name")
    return [r for field in fields if hasattr(country, field)
            for r in readings(getattr(country, field))]


def from_cldr(code):
    country = pycountry.countries.get(alpha_3=code)
    alpha2 = country.alpha_2 if country else ALPHA2_OUTSIDE_ISO.get(code)
    territories = Locale("en").territories
    return readings(territories[alpha2]) if alpha2 in territories else []


# ------------------------------------------------------------------ spelling variants

def unaccented(surface):
    decomposed = unicodedata.normalize("NFKD", surface.translate(PLAIN_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def derived_from(surface):
    forms = [unaccented(surface)]
    forms += [re.sub(pattern, replacement, surface) for pattern, replacement in SPELLING_PAIRS]
    return [form for form in forms if form != surface]


def with_variants(surfaces):
    """Each surface followed by its derived spellings, without repetition."""
    ordered = {}

    def add(surface):
        if surface not in ordered:
            ordered[surface] = True
            for form in derived_from(surface):
                add(form)

    for surface in surfaces:
        add(surface)
    return list(ordered)


# ------------------------------------------------------------------ states

def build_state(hand, picked, dropped, used, tally):
    code = hand["id"]
    cldr, iso = from_cldr(code), from_pycountry(code)
    name = hand["name"] or cldr[0]
    sources = {
        "name": [("hand" if hand["name"] else "CLDR", name)],
        "aliases": [("CLDR", s) for s in cldr] + [("pycountry", s) for s in iso],
        "demonyms": [], "capitals": [], "seats": [],
    }
    for column in SURFACE_COLUMNS[1:]:
        sources[column] += [("hand", s) for s in split(hand[column])]
        sources[column] += [("PETRARCH2", s) for s in picked.get((code, column), [])]

    row, seen = {"id": code}, set()
    for column in SURFACE_COLUMNS:
        cell, given = [], {}
        for source, surface in sources[column]:
            given.setdefault(surface, source)
        surfaces = [name] if column == "name" else with_variants(given)
        if column == "aliases":
            surfaces = with_variants([name])[1:] + surfaces
        for surface in surfaces:
            if (code, surface) in dropped:
                used.add((code, surface))
            elif surface not in seen:
                seen.add(surface)
                cell.append(surface)
                tally[column, given.get(surface, "derived")] += 1
        row[column] = ";".join(cell)
    return row


def build_states(tally):
    picked = {}
    for row in read_table(HAND / "petrarch2.tsv"):
        picked.setdefault((row["id"], row["column"]), []).append(row["surface"])
    dropped = {(row["id"], row["surface"]) for row in read_table(HAND / "dropped.tsv")}
    used = set()
    rows = [build_state(hand, picked, dropped, used, tally)
            for hand in read_table(HAND / "states.tsv")]
    for code, surface in sorted(dropped - used):
        sys.exit(f"hand/dropped.tsv: {code} never had {surface!r}")
    return rows


# ------------------------------------------------------------------ organisations

def build_organisations():
    rows = []
    for hand in read_table(HAND / "organisations.tsv"):
        surfaces = with_variants([hand["name"], *split(hand["aliases"])])
        rows.append({**hand, "aliases": ";".join(s for s in surfaces if s != hand["name"])})
    return rows


# ------------------------------------------------------------------ PETRARCH2 check

def letters(surface):
    return re.sub(r"[^A-Z]", "", unaccented(surface).upper())


def petrarch2_surfaces(directory):
    """Surfaces of every state entry of the dictionary, as bare capital letters."""
    entries = []
    path = Path(directory) / "Phoenix.Countries.actors.txt"
    for line in path.open(encoding="utf-8", errors="replace"):
        line = line.split("#")[0].rstrip()
        head = re.sub(r"\[.*", "", line).strip()
        if head.startswith("+"):
            entries[-1][0].append(head[1:])
        elif head:
            entries.append(([head], []))
        if entries:
            entries[-1][1].extend(re.findall(r"\[([A-Z]{3})(?:\s[^\]]*)?\]", line))
    surfaces = {}
    for heads, codes in entries:
        for code in codes:
            surfaces.setdefault(code, set()).update(map(letters, heads))
    return surfaces


def check_petrarch2(directory, states):
    listed = petrarch2_surfaces(directory)

    def is_listed(code, surface):
        return letters(surface) in listed.get(PETRARCH2_CODES.get(code, code), ())

    for row in read_table(HAND / "petrarch2.tsv"):
        if not is_listed(row["id"], row["surface"]):
            sys.exit(f"hand/petrarch2.tsv: {row['surface']!r} is not listed for {row['id']}")
    for column in ("demonyms", "capitals"):
        filled = [s for s in states if s[column]]
        confirmed = [s for s in filled
                     if any(is_listed(s["id"], surface) for surface in split(s[column]))]
        missing = [s["id"] for s in filled if s not in confirmed]
        print(f"{column}: {len(confirmed)} of {len(filled)} states confirmed by PETRARCH2; "
              f"not: {' '.join(missing)}")


# ------------------------------------------------------------------ main

def check_unique(rows):
    owner = {}
    clashes = []
    for row in rows:
        for column in SURFACE_COLUMNS:
            for surface in split(row.get(column, "")):
                if surface in owner:
                    clashes.append(f"{surface!r}: {owner[surface]} and {row['id']}")
                owner[surface] = row["id"]
    if clashes:
        sys.exit("surface in two places:\n" + "\n".join(clashes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--petrarch", type=Path, help="folder of the PETRARCH2 dictionaries")
    options = parser.parse_args()

    tally = Counter()
    states = build_states(tally)
    organisations = build_organisations()
    check_unique(states + organisations)
    if options.petrarch:
        check_petrarch2(options.petrarch, states)
    write_table(options.out / "states.tsv", STATE_COLUMNS, states)
    write_table(options.out / "organisations.tsv", ORGANISATION_COLUMNS, organisations)
    for (column, source), count in sorted(tally.items()):
        print(f"{column}\t{source}\t{count}")


if __name__ == "__main__":
    main()
