"""A night of rooms, without an orchestrator: what is asked for, what is due, what became of it.

choice      which rooms and templates a run considers
planning    one room by every template: what to mix, what is refused, what is left alone
report      what became of it all, for people
known       failures of documents that an earlier night told of
"""
