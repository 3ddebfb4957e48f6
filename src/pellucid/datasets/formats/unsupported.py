"""Files that hold tables in another form: what they are, told by their first bytes, and how to convert them."""

from __future__ import annotations

from pellucid.core.errors import InputError

EXCEL = "pandas.read_excel({name!r}).to_csv('data.csv', index=False)"
FORMS = "a CSV, also separated by semicolons or tabs, or Parquet"
WANTED = f"{FORMS}, or a data frame in Python"
ARRAYS = "is a NumPy array, and has no named columns"
KINDS: tuple[tuple[bytes, str, str], ...] = (  # first bytes, what it is, how it becomes a CSV
    (b"SQLite format 3\0", "is an SQLite database", "sqlite3 -header -csv {name} 'SELECT * FROM table' > data.csv"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file (.xls)", EXCEL),
    (b"%PDF", "is a PDF", "copy its table into a spreadsheet, and save that as CSV UTF-8"),
    (b"ARROW1", "is an Arrow (Feather) file", "pandas.read_feather({name!r}).to_csv('data.csv', index=False)"),
    (b"FEA1", "is a Feather file", "pandas.read_feather({name!r}).to_csv('data.csv', index=False)"),
    (b"ORC", "is an ORC file", "pandas.read_orc({name!r}).to_csv('data.csv', index=False)"),
    (b"Obj\x01", "is an Avro file", "polars.read_avro({name!r}).write_csv('data.csv')"),
    (b"PARE", "is an encrypted Parquet file", "write it again without encryption"),
    (b"<stata_dta>", "is a Stata file", "pandas.read_stata({name!r}).to_csv('data.csv', index=False)"),
    (b"$FL2", "is an SPSS file", "pandas.read_spss({name!r}).to_csv('data.csv', index=False)"),
    (b"\x89HDF", "is an HDF5 file", "pandas.read_hdf({name!r}).to_csv('data.csv', index=False)"),
    (b"\x93NUMPY", ARRAYS, "pandas.DataFrame(numpy.load({name!r})).to_csv('data.csv', index=False)"),
    (b"\x80\x04\x95", "is a pickle, which can run programs and is not opened", "write its data frame with .to_csv"),
    (b"\x80\x05\x95", "is a pickle, which can run programs and is not opened", "write its data frame with .to_csv"),
    (b"BZh", "is compressed by bzip2", "bunzip2 {name}"),
    (b"\xfd7zXZ\0", "is compressed by xz", "unxz {name}"),
    (b"\x28\xb5\x2f\xfd", "is compressed by zstd", "unzstd {name}"),
    (b"7z\xbc\xaf", "is a 7z archive", "7z x {name}"),
    (b"\x89PNG", "is a PNG picture", "put pictures into one folder a class, and name the folder above them"),
    (b"\xff\xd8\xff", "is a JPEG picture", "put pictures into one folder a class, and name the folder above them"),
    (b"GIF8", "is a GIF picture", "put pictures into one folder a class, and name the folder above them"),
    (b"\x7fELF", "is a program", ""),
)
ZIPPED: tuple[tuple[bytes, str, str], ...] = (  # names and words near the beginning of a zip
    (b"opendocument.spreadsheet", "is an OpenDocument spreadsheet (.ods)", EXCEL),
    (b"opendocument", "is an OpenDocument file", "save its table as CSV UTF-8"),
    (b"[Content_Types].xml", "is an Excel or other Office file (.xlsx)", EXCEL),
    (b"xl/", "is an Excel file (.xlsx)", EXCEL),
    (b".npy", "is a .npz of NumPy arrays, and has no named columns", "give it without a table's options"),
)
BEGINNING = 4096  # bytes that are looked at


def refuse(start: bytes, name: str) -> None:
    """Raise InputError for a file whose first bytes are those of a form that is no table read here.

    >>> refuse(b"SQLite format 3" + bytes(9), "shop.db")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: shop.db: is an SQLite database; a table is read from a CSV, ...
    """
    found = next(((what, how) for magic, what, how in KINDS if start.startswith(magic)), None) or _by_words(start)
    if found is None:
        return
    what, how = found
    convert = f"; to convert it: {how.format(name=name)}" if how else ""
    raise InputError(f"{name}: {what}; a table is read from {FORMS}{convert}")


def _by_words(start: bytes) -> tuple[str, str] | None:
    """Return what a zip holds, or what form text has that is no CSV, and how to convert it."""
    if start.startswith(b"PK"):
        inner = next(((what, how) for word, what, how in ZIPPED if word in start), None)
        return inner or ("is a zip archive", "unzip {name}, and give a file of it")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<table")):
        return "is a web page (HTML)", "download the file itself; or pandas.read_html({name!r})[0].to_csv('data.csv')"
    if text.startswith((b"<?xml", b"<svg")):
        return "is XML", "pandas.read_xml({name!r}).to_csv('data.csv', index=False)"
    if text.startswith((b"{", b"[{", b"[\n", b"[ {", b"[[")):
        lines = ", lines=True" if text.startswith(b"{") and b"}\n{" in text else ""
        return "is JSON", f"pandas.read_json({{name!r}}{lines}).to_csv('data.csv', index=False)"
    if text.startswith(b"@relation"):
        return "is a file of Weka (ARFF)", "write the names of its attributes as one row above its data"
    if start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05":
        return "is a pickle, which can run programs and is not opened", "write its data frame with .to_csv"
    return None
