# core.c: a UUID is taken once
s/rhashtable_lookup_insert_fast(/rhashtable_insert_fast(/
