"""Every device interface, one file each; a new one is one file and one line here.

The gateway calls the function with the agent's table from the site file, without the key that names the interface.
A table that cannot be used raises `contract.errors.ConfigurationError`: the key, what was given, what is allowed.
"""

from collections.abc import Callable, Mapping

from edge.agent import Agent
from edge.agents import dry_contact, lan_json

AGENTS: dict[str, Callable[[Mapping[str, object]], Agent]] = {
    "dry_contact": dry_contact.build,
    "lan_json": lan_json.build,
}
