"""Accounts: users, their tokens and their links; counters of the rate limits.

While this runs and until the new release takes over, the release before still serves: what it writes must fit.
So nothing is renamed or taken away, and every new column may be empty or has a default.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("name", name="uq_user_name"),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_token_user", ondelete="CASCADE"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )
    op.create_index("ix_token_user_id", "token", ["user_id"])
    op.create_table(
        "rate",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate"),
    )
    op.create_index("ix_rate_ends", "rate", ["ends"])
    # SQLite cannot drop a constraint; "batch" makes a new table, copies, and renames.
    with op.batch_alter_table("link") as link:
        link.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        link.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        link.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        link.add_column(sa.Column("fingerprint", sa.String(64), nullable=True))
        link.drop_constraint("uq_link_target", type_="unique")
        link.create_unique_constraint("uq_link_fingerprint", ["fingerprint"])
        link.create_foreign_key("fk_link_owner", "user", ["owner_id"], ["id"], ondelete="CASCADE")
        link.create_index("ix_link_owner_id", ["owner_id"])


def downgrade() -> None:
    # Without accounts there is one link for each target: the oldest stays.
    op.execute("DELETE FROM link WHERE id NOT IN (SELECT min(id) FROM link GROUP BY target)")
    with op.batch_alter_table("link") as link:
        link.drop_index("ix_link_owner_id")
        link.drop_constraint("fk_link_owner", type_="foreignkey")
        link.drop_constraint("uq_link_fingerprint", type_="unique")
        link.create_unique_constraint("uq_link_target", ["target"])
        for column in ("fingerprint", "last_used_at", "expires_at", "owner_id"):
            link.drop_column(column)
    for table in ("rate", "token", "user"):
        op.drop_table(table)
