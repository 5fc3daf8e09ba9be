"""A deterministic world: the cores of gateway and server under a virtual clock; network and disks fail by seed."""
