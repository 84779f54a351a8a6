"""Annotated documents in, a folder in ``models/`` out. Needs the extra ``train``; imported by nobody else."""
