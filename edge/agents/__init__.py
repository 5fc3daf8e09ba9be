"""Every device interface, one file each; a new one is one file and one line here."""
