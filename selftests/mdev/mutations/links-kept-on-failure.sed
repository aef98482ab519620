# core.c: a failed probe takes the links along
/^out_unlink:/,/^out_del:/ s/mdev_links_remove(mdev);/;/
