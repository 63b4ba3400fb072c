"""What Microsoft Graph and Azure have in common: tokens and times."""
