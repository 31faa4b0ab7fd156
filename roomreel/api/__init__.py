"""The functions that `roomreel` exports, and that the command line is made of.

configuration  settle which settings are gone by
documents  read manifests and templates by file or name
checking   check documents, and report every broken rule
target     name the file of a composition, and refuse to replace what is not ours
rooms      plan and compose one room
catalogs   read the catalogs as data frames, Arrow tables or by SQL
"""
