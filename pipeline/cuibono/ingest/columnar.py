"""Tables of texts that need the extra `corpus`: Parquet, and the data sets of the `datasets` library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cuibono.errors import InputError
from cuibono.ingest.source import Source, UnreadableError
from cuibono.ingest.tables import Columns

HUB = "hf:"
#: Rows in memory at a time: a text may have megabytes.
BATCH = 64


def _needed(path: str) -> InputError:
    return InputError(path, 'needs the datasets library: pip install "cuibono[corpus]"')


def open_parquet(path: str, columns: Columns) -> Iterator[Source]:
    """The rows of a Parquet file, one row group after the other.

    Raises:
        InputError: A column that is needed is missing, or the extra `corpus` is.
        UnreadableError: No Parquet, or cut short: its index stands at its end.
    """
    try:
        from pyarrow import parquet  # type: ignore[import-untyped]
    except ImportError:
        raise _needed(path) from None
    try:
        with parquet.ParquetFile(path) as file:
            names = columns.check(path, file.schema_arrow.names)
    except OSError as error:
        raise UnreadableError(path, f"cannot be read: {error.strerror or _first_line(error)}") from None
    except ValueError as error:  # pyarrow.ArrowInvalid
        raise UnreadableError(path, f"no Parquet, or cut short: {_first_line(error)}") from None
    return _parquet_rows(path, columns, names)


def _parquet_rows(path: str, columns: Columns, names: list[str]) -> Iterator[Source]:
    import pyarrow
    from pyarrow import parquet

    # So pages are read as they are needed; by default a whole column of the row group is, at once.
    with parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
        row = 0
        for group in range(file.num_row_groups):
            end = row + file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(batch_size=BATCH, row_groups=[group], columns=names):
                    for values in _values(batch):
                        row += 1
                        key = f"{path}#{row}"
                        if isinstance(values, str):
                            yield columns.broken(key, path, row, values)
                        else:
                            yield columns.source(key, path, row, values)
            except (OSError, ValueError, pyarrow.ArrowException) as error:
                problem = f"damaged, rows {row + 1} to {end} cannot be read: {_first_line(error)}"
                yield columns.broken(f"{path}#{row + 1}", path, row + 1, problem)
            row = end


def _values(batch: Any) -> Iterator[dict[str, Any] | str]:
    """The rows of a batch; of one with a string that is not UTF-8 what is wrong with it."""
    for i in range(batch.num_rows):
        try:
            yield batch.slice(i, 1).to_pylist()[0]
        except UnicodeDecodeError as error:
            yield f"not UTF-8 at byte {error.start} of a cell"


def is_dataset(folder: Path) -> bool:
    """Whether `save_to_disk` of `datasets` wrote this folder."""
    state = (folder / "dataset_info.json").is_file() and (folder / "state.json").is_file()
    return state or (folder / "dataset_dict.json").is_file()


def open_saved(path: str, columns: Columns, split: str | None = None) -> Iterator[Source]:
    """The rows of a data set on disk; of one with splits those of ``split``, default: of each in turn.

    Raises:
        InputError: A column that is needed is missing, or the split, or the extra `corpus`.
        UnreadableError: The library cannot load it.
    """
    try:
        import datasets
    except ImportError:
        raise _needed(path) from None
    loaded = _load(path, "a data set that cannot be loaded", lambda: datasets.load_from_disk(path))
    return _open_splits(path, loaded, columns, split)


def open_hub(name: str, columns: Columns, split: str | None = None) -> Iterator[Source]:
    """The rows of a data set of the Hugging Face hub, ``hf:NAME`` or ``hf:NAME:SPLIT``, as they arrive.

    Raises:
        InputError: As :func:`open_saved`.
        UnreadableError: No such data set, or no network.
    """
    try:
        import datasets
    except ImportError:
        raise _needed(name) from None
    dataset, _, own = name.removeprefix(HUB).partition(":")
    split = own or split
    if not dataset:
        raise UnreadableError(name, "no data set is named; allowed: hf:NAME or hf:NAME:SPLIT")
    problem = "cannot be loaded from the hub (offline, a data set that `save_to_disk` wrote can be named by its folder)"
    loaded = _load(name, problem, lambda: datasets.load_dataset(dataset, split=split, streaming=True))
    # With a split the library gives that alone.
    return _open_splits(f"{HUB}{dataset}", {split: loaded} if split else loaded, columns, split)


def _load(path: str, problem: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:  # what it raises differs with the file, the network and the version
        raise UnreadableError(path, f"{problem}: {_first_line(error)}") from None


def _open_splits(path: str, loaded: Any, columns: Columns, split: str | None) -> Iterator[Source]:
    stem = Path(path.removeprefix(HUB)).name
    if not isinstance(loaded, Mapping):
        return _dataset_rows(path, loaded, columns, _names(path, loaded, columns), stem)
    if split is not None and split not in loaded:
        raise InputError(path, f"no split {split!r}; the splits are: {', '.join(loaded)}")
    chosen = {split: loaded[split]} if split is not None else dict(loaded)
    names = {part: _names(f"{path}:{part}", dataset, columns) for part, dataset in chosen.items()}
    return (
        source
        for part, dataset in chosen.items()
        for source in _dataset_rows(f"{path}:{part}", dataset, columns, names[part], f"{stem}-{part}")
    )


def _names(path: str, dataset: Any, columns: Columns) -> list[str]:
    """The columns to read. Some streams know theirs only from the first row."""
    found = dataset.column_names
    if found is None:
        found = list(_load(path, "cannot be read", lambda: next(iter(dataset), {})))
    return columns.check(path, found)


def _dataset_rows(path: str, dataset: Any, columns: Columns, names: list[str], stem: str) -> Iterator[Source]:
    row = 0
    batches = iter(dataset.select_columns(names).iter(batch_size=BATCH))
    while True:
        batch = _load(path, f"cannot be read beyond row {row}", lambda: next(batches, None))
        if batch is None:
            return
        for cells in zip(*(batch[name] for name in names), strict=True):
            row += 1
            yield columns.source(f"{path}#{row}", path, row, dict(zip(names, cells, strict=True)), stem)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
