# core.c: max_instances is an unsigned number
s/!atomic_add_unless(&parent->available_instances, -1, 0)/atomic_dec_if_positive(\&parent->available_instances) < 0/
