"""For people: tables for the terminal, from annotation files and reports alone."""
