"""Device agents in the school: one file for each interface. They speak to devices and report; they know no server."""
