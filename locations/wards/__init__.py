"""The wards of a council: which postcodes lie in each, and the services that are for people from some of them."""
