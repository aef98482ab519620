#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of the command line: each command and option of "mdev-bpf help" is in that of bash, zsh
# and fish, and nothing else; bash's is also asked what it offers.
# shellcheck disable=SC2317,SC2119 # test points are called by name; load may have no options

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/cli.sh"

share=${MDEV_BPF_SHARE:-/usr/local/share}
bash_file=$share/bash-completion/completions/mdev-bpf
zsh_file=$share/zsh/site-functions/_mdev-bpf
# Where a package of Debian has it
[ -e "$zsh_file" ] || zsh_file=$share/zsh/vendor-completions/_mdev-bpf
fish_file=$share/fish/vendor_completions.d/mdev-bpf.fish

# The tool's own table, one line a command: its name and its options, in the order of the alphabet
table()
{
	mdev-bpf -j help | python3 -c 'import json, sys
for c in json.load(sys.stdin):
    print(c["command"], *sorted(c["options"]))' | sort
}

same() { [ "$1" = "$2" ] || fail "$(diff <(echo "$1") <(echo "$2"))"; }

in_bash()
{
	same "$(table)" "$(bash -c '. "$0"
		for command in $_mdev_bpf_commands; do
			echo $command $(_mdev_bpf_options $command | tr " " "\n" | sed s/--// | sort)
		done' "$bash_file" | sort)"
	run 0 bash -n "$bash_file"
}

in_zsh()
{
	same "$(table)" "$(python3 - "$zsh_file" <<-'END'
		import re, sys
		text = open(sys.argv[1]).read()
		commands = re.findall(r"^\t\t'([a-z]+):", text, re.M)
		cases = re.findall(r"^\t([a-z]+)\*\)(.*?);;", text, re.M | re.S)
		for command in sorted(commands):
		    found = [body for start, body in cases if command.startswith(start)]
		    # Not what another command would be taken for, either
		    first = found[0] if found else ""
		    print(command, *sorted(re.findall(r"'\*?--([a-z-]+)", first)))
	END
	)"
	# A case is of one command, so their order does not matter.
	is "$(python3 - "$zsh_file" <<-'END'
		import re, sys
		text = open(sys.argv[1]).read()
		commands = re.findall(r"^\t\t'([a-z]+):", text, re.M)
		for start in re.findall(r"^\t([a-z]+)\*\)", text, re.M):
		    of = [c for c in commands if c.startswith(start)]
		    if len(of) != 1:
		        print(start, of)
	END
	)" ""
}

in_fish()
{
	same "$(table)" "$(python3 - "$fish_file" <<-'END'
		import re, sys
		text = open(sys.argv[1]).read()
		commands = re.findall(r"-n __mdev_bpf_no_command -a ([a-z]+)", text)
		options = re.findall(r"-n '__mdev_bpf_is ([a-z]+)' -l ([a-z-]+)", text)
		for command in sorted(commands):
		    print(command, *sorted(o for c, o in options if c == command))
	END
	)"
}

# Options of all commands
in_all()
{
	local option file
	for option in $(mdev-bpf help | sed -n 's/^  -., --\([a-z]*\).*/\1/p'); do
		for file in "$bash_file" "$zsh_file" "$fish_file"; do
			grep -q -e "--$option" -e "-l $option" "$file" || fail "$file has no --$option"
		done
	done
}

# offered WORD...: what bash offers for the last word, in one line
offered()
{
	# shellcheck disable=SC2016 # the inner shell expands it
	bash -c '. "$0"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_mdev_bpf
		echo "${COMPREPLY[*]}"' "$bash_file" "$@" 2>&1
}

commands()
{
	is "$(offered mdev-bpf un)" unload
	is "$(offered mdev-bpf -j t)" "types test top trace"
	is "$(offered mdev-bpf help "do")" doctor
	is "$(offered mdev-bpf unload --)" "--json --pretty --debug --help --version --force"
	is "$(offered mdev-bpf show --r)" --registers
	is "$(offered mdev-bpf memory x bar0 s)" save
	is "$(offered mdev-bpf frobnicate "")" ""
}

# What is there, and commands in their short form
names()
{
	load
	create
	is "$(offered mdev-bpf create kst)" "$prog-1 $prog-2"
	is "$(offered mdev-bpf cr kst)" "$prog-1 $prog-2"
	is "$(offered mdev-bpf unload kst)" "$prog"
	is "$(offered mdev-bpf un kst)" "$prog"
	is "$(offered mdev-bpf t "")" ""
	is "$(offered mdev-bpf show kst)" "$prog $prog-1 $prog-2"
	is "$(offered mdev-bpf sh 5e1f)" "$uuid"
	is "$(offered mdev-bpf stats o)" "on off"
	is "$(offered mdev-bpf peek "$uuid" SC)" "SCR0 SCR1"
	is "$(offered mdev-bpf pe "$uuid" bar0)" bar0
	is "$(offered mdev-bpf create "$prog-2" --set p)" "port0= port1="
	is "$(offered mdev-bpf create "$prog-2" --set port0 = 1 --set port1)" "port1="
	is "$(offered mdev-bpf create --set port0 = 1 kst)" "$prog-1 $prog-2"
	is "$(offered mdev-bpf create "$prog-2" --set port0 = 1 --u)" --uuid
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

objects()
{
	local dir=$mtap_tmp/objects
	mkdir "$dir"
	cp "$here/progs/kdev.bpf.o" "$dir/a file.bpf.o"
	cp "$here/progs/klife.bpf.o" "$dir/klife.bpf.o"
	is "$(offered mdev-bpf load "$dir/a")" "$dir/a file.bpf.o"
	is "$(offered mdev-bpf inspect "$dir/k")" "$dir/klife.bpf.o"
	is "$(offered mdev-bpf load "$dir/klife.bpf.o" --map ri)" right
	is "$(offered mdev-bpf test --seed 7 "$dir/klife.bpf.o" --map re)" "refuses restores"
	is "$(offered mdev-bpf load "$dir/a file.bpf.o" --set mag)" magic=
	is "$(offered mdev-bpf load "$dir/klife.bpf.o" --pin "$dir/../obj")" "$dir/../objects"
	is "$(offered mdev-bpf load x --type "")" ""
}

# What fish says itself: names before their descriptions
offered_by_fish()
{
	# shellcheck disable=SC2016 # for fish
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$fish_file" "$1" 2>&1 |
		cut -f 1 | paste -s -d ' '
}

fish_offers()
{
	load
	create
	is "$(offered_by_fish "mdev-bpf un")" unload
	is "$(offered_by_fish "mdev-bpf cr kst")" "$prog-1 $prog-2"
	is "$(offered_by_fish "mdev-bpf remove 5e1f")" "$uuid"
	is "$(offered_by_fish "mdev-bpf unload --fo")" --force
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

# As far as loading it: to see what zsh offers takes its line editor, and compinit half a minute here.
zsh_loads()
{
	is "$(head -n 1 "$zsh_file")" "#compdef mdev-bpf"
	# shellcheck disable=SC2016 # for zsh
	run 0 zsh -f -c 'fpath=(${1:h} $fpath); autoload -Uz +X _mdev-bpf && whence -v _mdev-bpf' zsh \
		"$zsh_file"
	has "$out" "_mdev-bpf is a shell function from $zsh_file"
}

for file in "$bash_file" "$zsh_file" "$fish_file"; do
	[ -e "$file" ] || skip_all "no $file: is mdev-bpf installed?"
done
wipe
# Or those that are named: only the root "system" has fish and zsh.
[ $# -gt 0 ] || set -- in_bash in_zsh in_fish in_all commands names objects
points "$@"
