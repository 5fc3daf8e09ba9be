"""Run the chaos command."""

from simulators.chaos.app import main

main()
