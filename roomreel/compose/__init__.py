"""One composition, from a manifest and a template to a published file, without an orchestrator.

inputs     find, index and decrypt the media of a room, and plan
division   cut a composition into chunks, and say whether workers share them
prepared   put a planned composition and its division together
one        render, verify and publish one composition
together   draw several compositions of one room in one pass
progress   say how far a render is
publish    name the files of a composition, and publish them
outputs    refuse to overwrite what roomreel did not make
outcome    make the outcome of a completed or failed composition
codec_log  keep what codecs wrote while a composition failed
"""
