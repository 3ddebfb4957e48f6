"""Formats that are recognised only to be refused: what they are, by their first bytes, and how to convert them."""

from __future__ import annotations

from pellucid.datasets.formats.format import Format, Recogniser
from pellucid.datasets.formats.opening import BOM, File

EXCEL = "pandas.read_excel({name!r}).to_csv('data.csv', index=False)"
PICTURES = "put pictures into one folder a class, and name the folder above them"
PICKLE = "write its data frame with .to_csv, its arrays with numpy.savez"
LOOKED_AT = 4096  # bytes in which the names of a zip's files are looked for
BINARY: tuple[tuple[str, str, str], ...] = (  # first bytes, what it is, how it becomes a CSV
    ("SQLite format 3\0", "an SQLite database", "sqlite3 -header -csv {name} 'SELECT * FROM table' > data.csv"),
    ("\xd0\xcf\x11\xe0", "an old Excel file (.xls)", EXCEL),
    ("%PDF", "a PDF", "copy its table into a spreadsheet, and save that as CSV UTF-8"),
    ("FEA1", "a Feather file of the first version", "pandas.read_feather({name!r}).to_csv('data.csv', index=False)"),
    ("ORC", "an ORC file", "pandas.read_orc({name!r}).to_csv('data.csv', index=False)"),
    ("Obj\x01", "an Avro file", "polars.read_avro({name!r}).write_csv('data.csv')"),
    ("PARE", "an encrypted Parquet file", "write it again without encryption"),
    ("<stata_dta>", "a Stata file", "pandas.read_stata({name!r}).to_csv('data.csv', index=False)"),
    ("$FL2", "an SPSS file", "pandas.read_spss({name!r}).to_csv('data.csv', index=False)"),
    ("\x89HDF", "an HDF5 file", "pandas.read_hdf({name!r}).to_csv('data.csv', index=False)"),
    ("BZh", "compressed by bzip2", "bunzip2 {name}"),
    ("\xfd7zXZ\0", "compressed by xz", "unxz {name}"),
    ("\x28\xb5\x2f\xfd", "compressed by zstd", "unzstd {name}"),
    ("7z\xbc\xaf", "a 7z archive", "7z x {name}"),
    ("PK\x05\x06", "an empty zip archive", "get it again"),
    ("\x89PNG", "a PNG picture", PICTURES),
    ("\xff\xd8\xff", "a JPEG picture", PICTURES),
    ("GIF8", "a GIF picture", PICTURES),
    ("\x7fELF", "a program", ""),
)
ZIPPED: tuple[tuple[str, str, str], ...] = (  # a word near the beginning of a zip, what it is, how it becomes a CSV
    ("opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)", EXCEL),
    ("opendocument", "an OpenDocument file", "save its table as CSV UTF-8"),
    ("[Content_Types].xml", "an Excel or other Office file (.xlsx)", EXCEL),
    ("xl/", "an Excel file (.xlsx)", EXCEL),
    ("", "a zip archive", "unzip {name}, and give a file of it"),
)
TEXT: tuple[tuple[tuple[bytes, ...], str, str], ...] = (  # first words in lower case
    (
        (b"<!doctype", b"<html", b"<table"),
        "a web page (HTML)",
        "download the file itself; or pandas.read_html({name!r})[0].to_csv('data.csv')",
    ),
    ((b"<?xml", b"<svg"), "XML", "pandas.read_xml({name!r}).to_csv('data.csv', index=False)"),
    ((b"{", b"[{", b"[\n", b"[ {", b"[["), "JSON", "pandas.read_json({name!r}).to_csv('data.csv', index=False)"),
    ((b"@relation",), "a file of Weka (ARFF)", "write the names of its attributes as one row above its data"),
)


def _begins(magic: str) -> Recogniser:
    return lambda file: file.inside.startswith(magic.encode("latin-1"))


def _zip_with(word: str) -> Recogniser:
    return lambda file: file.inside.startswith(b"PK") and word.encode() in file.inside[:LOOKED_AT]


def _says(words: tuple[bytes, ...]) -> Recogniser:
    return lambda file: file.inside[:LOOKED_AT].removeprefix(BOM).lstrip().lower().startswith(words)


def _is_pickle(file: File) -> bool:
    return file.inside[:1] == b"\x80" and file.inside[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _is_json_lines(file: File) -> bool:
    return _says((b"{",))(file) and b"}\n{" in file.inside[:LOOKED_AT]


JSON_LINES = "pandas.read_json({name!r}, lines=True).to_csv('data.csv', index=False)"
FORMATS = (
    Format("JSON lines", "JSON, an object a line", _is_json_lines, convert=JSON_LINES),
    Format("pickle", "a pickle, which can run programs and is not opened", _is_pickle, convert=PICKLE),
    *(Format(what, what, _begins(magic), convert=how) for magic, what, how in BINARY),
    *(Format(what, what, _zip_with(word), convert=how) for word, what, how in ZIPPED),
    *(Format(what, what, _says(words), convert=how) for words, what, how in TEXT),
)
