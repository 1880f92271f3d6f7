import type { Role } from './entities';

/**
 * Who may call a procedure: anybody at all; who is signed in, at a site or not; members of these roles of the session's
 * site; those who run the installation.
 */
export type Callers = 'anyone' | 'signed_in' | 'administrator' | readonly Role[];

export interface ProcedureAccess {
  readonly callers: Callers;
  /** Whether the caller must have proved who they are within the last minutes (domain/verification). */
  readonly verified?: true;
}

const members = ['resident', 'guard', 'manager'] as const;
const manager = ['manager'] as const;

/**
 * Every procedure under /trpc and who may call it; what does not stand here answers nobody. The server asks it before
 * each call, screens before they offer one, and a test walks all of it with every role.
 */
const accessByProcedure = {
  'auth.session': { callers: 'anyone' },
  'auth.register': { callers: 'anyone' },
  'auth.registerByPasskeyOptions': { callers: 'anyone' },
  'auth.registerByPasskey': { callers: 'anyone' },
  'auth.signIn': { callers: 'anyone' },
  'auth.signInSecondFactor': { callers: 'anyone' },
  'auth.signOut': { callers: 'anyone' },
  'auth.passkeySignInOptions': { callers: 'anyone' },
  'auth.passkeySignIn': { callers: 'anyone' },
  'auth.verifyOptions': { callers: 'signed_in' },
  'auth.verifyByPasskey': { callers: 'signed_in' },
  'auth.verifyByPassword': { callers: 'signed_in' },
  'auth.passkeys': { callers: 'signed_in' },
  'auth.passkeyKeys': { callers: 'signed_in' },
  'auth.passkeyRename': { callers: 'signed_in' },
  'auth.passkeyRegisterOptions': { callers: 'signed_in', verified: true },
  'auth.passkeyRegister': { callers: 'signed_in', verified: true },
  'auth.passkeyRemove': { callers: 'signed_in', verified: true },

  'account.summary': { callers: 'signed_in' },
  'account.factors': { callers: 'signed_in' },
  'account.setPassword': { callers: 'signed_in', verified: true },
  'account.removePassword': { callers: 'signed_in', verified: true },
  'account.secondFactorBegin': { callers: 'signed_in', verified: true },
  'account.secondFactorConfirm': { callers: 'signed_in', verified: true },
  'account.secondFactorRemove': { callers: 'signed_in', verified: true },
  'account.recoveryCodesRenew': { callers: 'signed_in', verified: true },
  'account.sendEmailVerification': { callers: 'signed_in' },
  'account.changeEmail': { callers: 'signed_in', verified: true },
  'account.setLocale': { callers: 'signed_in' },
  'account.useEmailLink': { callers: 'anyone' },
  'account.recover': { callers: 'anyone' },
  'account.recoverWith': { callers: 'anyone' },
  'account.exportData': { callers: 'signed_in', verified: true },
  'account.delete': { callers: 'signed_in', verified: true },

  'oidc.providers': { callers: 'anyone' },
  'oidc.begin': { callers: 'anyone' },
  'oidc.beginLink': { callers: 'signed_in', verified: true },
  'oidc.beginVerify': { callers: 'signed_in' },
  'oidc.proved': { callers: 'anyone' },
  'oidc.register': { callers: 'anyone' },
  'oidc.linkProved': { callers: 'signed_in', verified: true },
  'oidc.identities': { callers: 'signed_in' },
  'oidc.identityRemove': { callers: 'signed_in', verified: true },

  'unlock.begin': { callers: 'anyone' },
  'unlock.collect': { callers: 'anyone' },
  'unlock.waiting': { callers: 'signed_in' },
  'unlock.find': { callers: 'signed_in' },
  'unlock.approve': { callers: 'signed_in', verified: true },
  'unlock.refuse': { callers: 'signed_in' },

  'push.publicKey': { callers: 'signed_in' },
  'push.subscribe': { callers: 'signed_in' },
  'push.unsubscribe': { callers: 'signed_in' },

  'sessions.list': { callers: 'signed_in' },
  'sessions.rename': { callers: 'signed_in' },
  'sessions.revoke': { callers: 'signed_in', verified: true },
  'sessions.revokeOthers': { callers: 'signed_in', verified: true },
  'security.events': { callers: manager },

  'sites.mine': { callers: 'signed_in' },
  'sites.switch': { callers: 'signed_in' },
  'sites.joinable': { callers: 'signed_in' },
  'joining.ask': { callers: 'signed_in' },
  'joining.withdraw': { callers: 'signed_in' },
  'joining.decide': { callers: manager },
  'invitation.issueByEmail': { callers: manager },
  'invitation.issueLink': { callers: manager },
  'invitation.issueSheet': { callers: manager },
  'invitation.revoke': { callers: manager },
  'invitation.look': { callers: 'anyone' },
  'invitation.accept': { callers: 'signed_in' },

  'mail.outbox': { callers: manager },
  'platform.sites': { callers: 'administrator' },
  'platform.makeSite': { callers: 'administrator', verified: true },
  'platform.inviteManager': { callers: 'administrator', verified: true },

  // Asking a payment provider is no intent; what becomes of it is.
  'payments.checkout': { callers: ['resident', 'manager'] },
  'payments.localPay': { callers: ['resident', 'manager'] },
  'credits.overview': { callers: manager },
  'credits.mutualUses': { callers: manager },
  'credits.receipt': { callers: ['resident', 'manager'] },
  'calendar.feed': { callers: members },
  'calendar.makeFeed': { callers: members, verified: true },
  'calendar.removeFeed': { callers: members },

  'visitor.open': { callers: 'anyone' },
  'sync.push': { callers: members },
  'sync.pull': { callers: members },
  'sync.pokes': { callers: members },
} as const satisfies Readonly<Record<string, ProcedureAccess>>;

/** The dotted name of a procedure, as on the wire. */
export type Procedure = keyof typeof accessByProcedure;

/** All procedures that there may be. */
export const procedures = Object.keys(accessByProcedure) as Procedure[];

/** Who may call it; undefined for what stands in no table, which nobody may. */
export function accessOf(procedure: string): ProcedureAccess | undefined {
  return Object.hasOwn(accessByProcedure, procedure) ? accessByProcedure[procedure as Procedure] : undefined;
}

/** Whether a member of this role may call the procedure, once verified where that is asked. */
export function mayCall(role: Role, procedure: Procedure): boolean {
  const { callers }: ProcedureAccess = accessByProcedure[procedure];
  if (callers === 'administrator') return false;
  return callers === 'anyone' || callers === 'signed_in' || callers.includes(role);
}
