# Completes ./deploy.py in bash, not `python deploy.py`; made by `deploy.py completion bash`.
_deploy_py_completion() {
    local program=@PROGRAM@ kind value
    local typed=${COMP_WORDS[COMP_CWORD]}
    [[ $1 == */* && -f $1 ]] && program=$1
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                if [[ $typed != [\'\"]* ]]; then  # the signs of a pattern are the shell's own, too
                    value=${value//\!/'\!'} value=${value//&/'\&'}
                fi
                COMPREPLY+=("$value")
                ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" _DEPLOY_PY_COMPLETE=bash_complete \
        @PYTHON@ "$program" 2>/dev/null)
}
complete -o nosort -F _deploy_py_completion @NAMES@
