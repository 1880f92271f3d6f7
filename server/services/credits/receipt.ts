import PDFDocument from 'pdfkit';
import type { Pool } from 'pg';
import type { Role, Topup } from '#shared/domain/entities';
import type { ReceiptFile } from '#shared/protocol/credits';
import { printable } from './printable';

interface Receipt {
  readonly site: string;
  readonly time_zone: string;
  readonly member: string;
  readonly email: string | null;
  readonly topup_id: string;
  readonly credits: number;
  readonly amount: number;
  readonly currency: string;
  readonly method: Topup['method'];
  readonly reference: string;
  readonly provider_reference: string | null;
  readonly state: Topup['state'];
  readonly receipt_number: number;
  readonly paid_at: Date;
  readonly ended_at: Date | null;
}

/**
 * B8: the receipt of a purchase that was paid, and given back perhaps, as a PDF; a member's own, for a manager any of the site.
 * null where there is none. The address of who has left is theirs alone.
 */
export async function makeReceipt(
  pool: Pool,
  { siteId, memberId, role }: { siteId: string; memberId: string; role: Role },
  topupId: string,
): Promise<ReceiptFile | null> {
  const { rows } = await pool.query<Receipt>({
    name: 'credits-receipt',
    text: `select s.name as site, s.time_zone, m.name as member, t.topup_id, t.credits, t.amount, t.currency, t.method,
                  t.reference, t.provider_reference, t.state, t.receipt_number, t.paid_at, t.ended_at,
                  case when m.left_at is null or t.member_id = $4 then u.email end as email
             from topups t
             join sites s using (site_id)
             join members m using (site_id, member_id)
             left join users u on u.user_id = m.user_id
            where t.site_id = $1 and t.topup_id = $2 and t.receipt_number is not null and ($3 or t.member_id = $4)`,
    values: [siteId, topupId, role === 'manager', memberId],
  });
  const receipt = rows[0];
  if (!receipt) return null;
  const pdf = await draw(receipt);
  return { name: `receipt-${receipt.receipt_number}.pdf`, pdf: pdf.toString('base64') };
}

/** The receipt's lines, as names and values. */
export function receiptLines(receipt: Receipt): [string, string][] {
  const moment = (at: Date) =>
    new Intl.DateTimeFormat('en-GB', {
      dateStyle: 'long',
      timeStyle: 'short',
      timeZone: receipt.time_zone,
    }).format(at);
  const reference = receipt.method === 'online' ? receipt.provider_reference : receipt.reference;
  return [
    ['Receipt', `No. ${receipt.receipt_number}`],
    ['Paid on', moment(receipt.paid_at)],
    ['Paid by', receipt.email === null ? receipt.member : `${receipt.member}, ${receipt.email}`],
    ['For', `${receipt.credits} parking ${receipt.credits === 1 ? 'credit' : 'credits'}`],
    ['Amount', moneyOf(receipt.amount, receipt.currency)],
    ['Way', { cash: 'Cash at the desk', transfer: 'Bank transfer', online: 'Online' }[receipt.method]],
    ...(reference ? [['Reference', reference] satisfies [string, string]] : []),
    ['Purchase', receipt.topup_id],
    ...(receipt.state === 'refunded' && receipt.ended_at !== null
      ? [
          [
            'Given back',
            `${moneyOf(receipt.amount, receipt.currency)} on ${moment(receipt.ended_at)}`,
          ] satisfies [string, string],
        ]
      : []),
  ];
}

/** `12.50 EUR`: by its code, which no font lacks. */
function moneyOf(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** Milliseconds: half a page of A5 in the standard font, whose bytes are in every reader. */
async function draw(receipt: Receipt): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A5',
    margin: 42,
    lang: 'en',
    info: { Title: `Receipt ${receipt.receipt_number}`, Author: receipt.site },
  });
  const chunks: Buffer[] = [];
  const finished = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  document.font('Helvetica-Bold').fontSize(18).text(printable(receipt.site)).moveDown(0.5);
  document.fontSize(13).text('Receipt for parking credits').moveDown();
  for (const [name, value] of receiptLines(receipt)) {
    document.font('Helvetica').fontSize(9).fillColor('#555555').text(name);
    document.fontSize(11).fillColor('#000000').text(printable(value)).moveDown(0.5);
  }
  document.end();
  return await finished;
}
