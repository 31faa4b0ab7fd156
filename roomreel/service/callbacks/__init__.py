"""Events, and requests that tell receivers of them: written down, sent, tried again, shown."""
