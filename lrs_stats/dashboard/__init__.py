"""The pages that people look at, drawn on the server from the reports that are in files, too."""
