# core.c: a failed create drops its reference
/^out_put:/,/^}/ s/put_device(&inst->mdev.dev);/;/
