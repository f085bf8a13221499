"""The pure backend: what runs where no compiled extension is installed."""
