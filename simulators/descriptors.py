"""How many files and connections this process may hold open: raised as far as the machine lets an ordinary user."""

import resource

from contract.errors import ConfigurationError

OWN_DESCRIPTORS = 200  # Libraries, the page and its visitors, the log.


def raise_limit(wanted: int) -> int:
    """Raise the limit of open files as far as allowed and give it; raise `ConfigurationError` where that is too little."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ConfigurationError(
            f"{wanted} files and connections are needed and {hard} are allowed (ulimit -Hn); "
            f"run fewer schools, or raise the limit (LimitNOFILE of a service, or /etc/security/limits.conf)"
        )
    return hard


def needed(sites: int, each: int) -> int:
    """Say how many a number of gateways needs."""
    return sites * each + OWN_DESCRIPTORS
