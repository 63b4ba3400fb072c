"""What Microsoft Graph and Azure have in common: tokens, times, and how fast they may be asked."""
