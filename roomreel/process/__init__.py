"""Children that read untrusted media: start, talk to, limit and stop them.

isolate         run a function in a child with a budget of time and memory
child           serve that call in the child
exchange        read and write the pipe to a child without blocking
messages        encode calls and answers; decode what a child sends by type
clock           count the time in which a child could have run
environment     choose the variables that a child gets
in_turn         have one child read many files, each with an answer of its own
priority        keep the scheduling of a process
stderr_capture  keep what codecs write to standard error
"""
