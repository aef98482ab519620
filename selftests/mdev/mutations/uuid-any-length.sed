# sysfs.c: 36 characters and one newline
s/if (count != UUID_STRING_LEN)/if (count < UUID_STRING_LEN)/
