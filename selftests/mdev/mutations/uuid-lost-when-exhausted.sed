# core.c: a create that finds no instance leaves the UUID free
/^static int mdev_reserve/,/^}/ {
	/	if (ret)$/ { N; N; s/.*rhashtable_remove_fast(.*mdev_uuids_params);// }
}
