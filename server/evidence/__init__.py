"""Evidence of an incident: its timeline, the readings around it, attachments, holds, and one bundle that proves itself."""
