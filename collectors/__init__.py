"""One population, one file: `collectors/<provider>/<population>.py` holds a HEADER and one generator."""
