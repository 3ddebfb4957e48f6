"""Data larger than memory: files that are read block by block while training goes on."""
