# core.c: a failed create returns the instance
/^out_unreserve:/,/^}/ s/mdev_unreserve(inst);/rhashtable_remove_fast(\&mdev_uuids, \&inst->node, mdev_uuids_params);/
