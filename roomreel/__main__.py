"""`python -m roomreel`: the command line."""

from roomreel.cli import main

main()
