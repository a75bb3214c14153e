"""What people are told of while nobody looks: events, and the webhook they go to."""
