# Completes deploy.py in bash; made by `deploy.py completion bash`.
_deploy_py_completion() {
    local program=@PROGRAM@ kind value
    [[ $1 == */* && -f $1 ]] && program=$1
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" _DEPLOY_PY_COMPLETE=bash_complete \
        @PYTHON@ "$program" 2>/dev/null)
}
complete -o nosort -F _deploy_py_completion @NAMES@
