# SPDX-License-Identifier: GPL-2.0-only
# fish completion for mdev-bpf(8). cli/completion.sh compares it with the tool's own help.

# What was typed: the command and its arguments, without options
function __mdev_bpf_words
    set -l skip no
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
        else if contains -- $word --type --map --set --pin --limit --uuid --seed --accesses
            set skip yes
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# __mdev_bpf_is COMMAND [NUMBER]: that command, or what is short for it; and so many arguments
function __mdev_bpf_is
    set -l words (__mdev_bpf_words)
    test (count $words) -gt 0; or return
    string match -q -- "$words[1]*" $argv[1]; or return
    test (count $argv) -lt 2; or test (math (count $words) - 1) = $argv[2]
end

function __mdev_bpf_no_command
    test (count (__mdev_bpf_words)) -eq 0
end

function __mdev_bpf_first
    set -l words (__mdev_bpf_words)
    echo $words[2]
end

function __mdev_bpf_programs
    for path in /sys/class/mdev_bus/*/mdev_bpf
        basename (dirname $path)
    end
end

function __mdev_bpf_devices
    for path in /sys/bus/mdev/devices/*/mdev_bpf
        basename (dirname $path)
    end
end

function __mdev_bpf_types
    for path in /sys/class/mdev_bus/*/mdev_supported_types/*
        basename $path
    end
end

function __mdev_bpf_any
    __mdev_bpf_programs
    __mdev_bpf_types
    __mdev_bpf_devices
end

# __mdev_bpf_column TABLE COMMAND...: the first column of a table in what a command of mdev-bpf prints
function __mdev_bpf_column
    mdev-bpf $argv[2..-1] 2>/dev/null | awk -v table=$argv[1]: '
        !/^ / { inside = $0 == table; head = 1; next }
        inside && !head { print $1 }
        { head = 0 }'
end

function __mdev_bpf_maps
    mdev-bpf inspect (__mdev_bpf_first) 2>/dev/null | sed -n 's/^map  *//p'
end

function __mdev_bpf_places
    printf '%s\n' bar0 bar1 bar2 bar3 bar4 bar5 rom config
    __mdev_bpf_column registers show --registers (__mdev_bpf_first)
end

function __mdev_bpf_consoles
    for path in /sys/class/mdev_bpf_console/(__mdev_bpf_first).*
        string replace -r '.*\.' '' $path
    end
end

complete -c mdev-bpf -f
complete -c mdev-bpf -s j -l json -d 'print JSON'
complete -c mdev-bpf -s p -l pretty -d 'print JSON for people'
complete -c mdev-bpf -s d -l debug -d 'print all messages'
complete -c mdev-bpf -s h -l help -d 'print help'
complete -c mdev-bpf -s V -l version -d 'print versions'

complete -c mdev-bpf -n __mdev_bpf_no_command -a load -d 'load a device program and attach it'
complete -c mdev-bpf -n __mdev_bpf_no_command -a unload -d 'detach a program'
complete -c mdev-bpf -n __mdev_bpf_no_command -a enable -d 'load a program now and at boot'
complete -c mdev-bpf -n __mdev_bpf_no_command -a disable -d 'do not load a program at boot'
complete -c mdev-bpf -n __mdev_bpf_no_command -a list -d 'list the programs'
complete -c mdev-bpf -n __mdev_bpf_no_command -a types -d 'list the mdev types'
complete -c mdev-bpf -n __mdev_bpf_no_command -a devices -d 'list the devices'
complete -c mdev-bpf -n __mdev_bpf_no_command -a show -d 'show a device or a program in detail'
complete -c mdev-bpf -n __mdev_bpf_no_command -a create -d 'create a device'
complete -c mdev-bpf -n __mdev_bpf_no_command -a remove -d 'remove a device'
complete -c mdev-bpf -n __mdev_bpf_no_command -a inspect -d 'show what an object file declares'
complete -c mdev-bpf -n __mdev_bpf_no_command -a peek -d 'read a register, or from a region'
complete -c mdev-bpf -n __mdev_bpf_no_command -a poke -d 'write a register, or to a region'
complete -c mdev-bpf -n __mdev_bpf_no_command -a memory -d 'copy a region from or to a file'
complete -c mdev-bpf -n __mdev_bpf_no_command -a console -d 'connect a port to this terminal'
complete -c mdev-bpf -n __mdev_bpf_no_command -a dump -d 'print the internal state of a device'
complete -c mdev-bpf -n __mdev_bpf_no_command -a stats -d 'show calls, errors and time of each op'
complete -c mdev-bpf -n __mdev_bpf_no_command -a test -d 'test a program with devices of it'
complete -c mdev-bpf -n __mdev_bpf_no_command -a top -d 'show what ops take processor time'
complete -c mdev-bpf -n __mdev_bpf_no_command -a trace -d 'print accesses, ioctls, interrupts, DMA'
complete -c mdev-bpf -n __mdev_bpf_no_command -a new -d 'make a small device program'
complete -c mdev-bpf -n __mdev_bpf_no_command -a doctor -d 'check what this machine has'
complete -c mdev-bpf -n __mdev_bpf_no_command -a version -d 'print versions'
complete -c mdev-bpf -n __mdev_bpf_no_command -a help -d 'print help'

complete -c mdev-bpf -n '__mdev_bpf_is load' -l type -x -d 'name of the program'
complete -c mdev-bpf -n '__mdev_bpf_is load' -l map -x -a '(__mdev_bpf_maps)' -d 'which program of the object'
complete -c mdev-bpf -n '__mdev_bpf_is load' -l replace -d 'replace the attached program'
complete -c mdev-bpf -n '__mdev_bpf_is load' -l set -x -a '(__mdev_bpf_column globals inspect (__mdev_bpf_first))=' -d 'set a global variable'
complete -c mdev-bpf -n '__mdev_bpf_is load' -l pin -x -a '(__fish_complete_directories)' -d 'directory for the link'
complete -c mdev-bpf -n '__mdev_bpf_is load' -l dry-run -d 'only check the program'
complete -c mdev-bpf -n '__mdev_bpf_is load' -l limit -x -d 'give up after so many seconds'
complete -c mdev-bpf -n '__mdev_bpf_is unload' -l force -d 'even if it has devices'
complete -c mdev-bpf -n '__mdev_bpf_is enable' -l type -x -d 'name of the program'
complete -c mdev-bpf -n '__mdev_bpf_is enable' -l map -x -d 'which program of the object'
complete -c mdev-bpf -n '__mdev_bpf_is enable' -l set -x -d 'set a global variable'
complete -c mdev-bpf -n '__mdev_bpf_is show' -l registers -d 'also show registers'
complete -c mdev-bpf -n '__mdev_bpf_is create' -l uuid -x -d 'UUID of the device'
complete -c mdev-bpf -n '__mdev_bpf_is create' -l set -x -a '(__mdev_bpf_column params show (__mdev_bpf_first))=' -d 'set a parameter'
complete -c mdev-bpf -n '__mdev_bpf_is remove' -l force -d 'even if it is in use'
complete -c mdev-bpf -n '__mdev_bpf_is console' -l pty -d 'make a pseudo terminal'
complete -c mdev-bpf -n '__mdev_bpf_is console' -l break -d 'send a break first'
complete -c mdev-bpf -n '__mdev_bpf_is test' -l type -x -d 'name of the program'
complete -c mdev-bpf -n '__mdev_bpf_is test' -l map -x -a '(__mdev_bpf_maps)' -d 'which program of the object'
complete -c mdev-bpf -n '__mdev_bpf_is test' -l set -x -a '(__mdev_bpf_column params inspect (__mdev_bpf_first))=' -d 'set a parameter'
complete -c mdev-bpf -n '__mdev_bpf_is test' -l seed -x -d 'of accesses'
complete -c mdev-bpf -n '__mdev_bpf_is test' -l accesses -x -d 'how many accesses'

complete -c mdev-bpf -n '__mdev_bpf_is load 0' -F
complete -c mdev-bpf -n '__mdev_bpf_is inspect 0' -F
complete -c mdev-bpf -n '__mdev_bpf_is test 0' -F
complete -c mdev-bpf -n '__mdev_bpf_is memory 3' -F
complete -c mdev-bpf -n '__mdev_bpf_is enable 0' -F -a '(basename -s .bpf.o -a /usr/lib/mdev-bpf/*.bpf.o)'
complete -c mdev-bpf -n '__mdev_bpf_is disable 0' -a '(basename -s .conf -a /etc/mdev-bpf.d/*.conf)'
complete -c mdev-bpf -n '__mdev_bpf_is unload 0' -a '(__mdev_bpf_programs)'
complete -c mdev-bpf -n '__mdev_bpf_is devices 0' -a '(__mdev_bpf_programs)'
complete -c mdev-bpf -n '__mdev_bpf_is create 0' -a '(__mdev_bpf_types)'
complete -c mdev-bpf -n '__mdev_bpf_is stats 0' -a 'on off'
for command in show stats top
    complete -c mdev-bpf -n "__mdev_bpf_is $command 0" -a '(__mdev_bpf_any)'
end
for command in remove peek poke memory console dump trace
    complete -c mdev-bpf -n "__mdev_bpf_is $command 0" -a '(__mdev_bpf_devices)'
end
for command in peek poke
    complete -c mdev-bpf -n "__mdev_bpf_is $command 1" -a '(__mdev_bpf_places)'
end
complete -c mdev-bpf -n '__mdev_bpf_is memory 1' -a 'bar0 bar1 bar2 bar3 bar4 bar5 rom config'
complete -c mdev-bpf -n '__mdev_bpf_is memory 2' -a 'load save'
complete -c mdev-bpf -n '__mdev_bpf_is console 1' -a '(__mdev_bpf_consoles)'
complete -c mdev-bpf -n '__mdev_bpf_is help 0' -a 'load unload enable disable list types devices show create remove inspect peek poke memory console dump stats test top trace new doctor version help'
