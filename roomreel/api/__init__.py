"""The functions that `roomreel` exports, and that the command line is made of.

configuration  read the settings, unless they are given
documents      read manifests and templates by file or name
checking       check documents, and report every broken rule
target         name the file of a composition, and refuse to replace what is not ours
rooms          plan and compose one room
batches        compose every room of the last days
catalogs       read the catalogs as data frames, Arrow tables or by SQL
"""
