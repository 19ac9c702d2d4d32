# Made by Windlass: changes here are overwritten. As UMASK in login.defs, which not every way to a shell reads.
umask 077
