"""The CrossGuard policy pack: `pulumi up --policy-pack infra/policy_pack` refuses what breaks a level-3 rule."""
