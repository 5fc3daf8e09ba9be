"""Notification channels: one file each, behind `server.channels.channel`."""
