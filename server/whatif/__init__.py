"""What a rule's other setting would have done: the last days of some schools, replayed through the core under both."""
