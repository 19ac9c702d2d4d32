# Completes ./deploy.py in fish, not `python deploy.py`; made by `deploy.py completion fish`.
function _deploy_py_completion
    set -l program @PROGRAM@
    set -l typed (commandline -opc)[1]
    if string match -q '*/*' -- $typed; and test -f $typed
        set program $typed
    end
    for line in (env COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) _DEPLOY_PY_COMPLETE=fish_complete \
            @PYTHON@ $program 2>/dev/null)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
for name in @NAMES@
    complete -c $name -k -f -a '(_deploy_py_completion)'
end
