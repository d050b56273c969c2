use std::{collections::BTreeMap, path::PathBuf, time::Instant};
use linfa::{dataset::DatasetBase, traits::{Fit, Predict}};
use ndarray::Array1;
use rayon::prelude::*;
use reveille::{dataset::{BinnedMatrix, CodeKind}, learners::{Rows, logistic::LogisticParams}};

fn auc(s:&[f64], y:&[bool])->f64{ let mut o:Vec<usize>=(0..s.len()).collect(); o.sort_by(|&a,&b|s[a].total_cmp(&s[b]));
 let (mut i,mut sum,mut np)=(0,0.0,0.0); while i<o.len(){ let mut j=i; while j<o.len()&&s[o[j]]==s[o[i]]{j+=1;} let r=(i+1+j) as f64/2.0; for &k in &o[i..j]{ if y[k]{sum+=r;np+=1.0;}} i=j;} let nn=s.len() as f64-np; (sum-np*(np+1.0)/2.0)/(np*nn)}
fn ll(s:&[f64], y:&[bool])->f64{ s.iter().zip(y).map(|(&s,&y)|{let z=if y {-s} else {s}; z.max(0.0)+(-z.abs()).exp().ln_1p()}).sum::<f64>()/s.len() as f64}

struct Table{names:Vec<String>, cells:Vec<Vec<String>>, y:Vec<bool>}
fn read(path:&str, delim:u8, target:&str, pos:&str, drop:&[&str])->Table{
 let base=std::env::var("REVEILLE_DATA").unwrap_or("/work/shared/data".into());
 let mut r=csv::ReaderBuilder::new().delimiter(delim).from_path(PathBuf::from(base).join(path)).unwrap();
 let h:Vec<String>=r.headers().unwrap().iter().map(Into::into).collect();
 let keep:Vec<usize>=(0..h.len()).filter(|&i|h[i]!=target&&!drop.contains(&h[i].as_str())).collect();
 let t=h.iter().position(|n|n==target).unwrap();
 let mut cells=vec![vec![];keep.len()]; let mut y=vec![];
 for rec in r.records(){let rec=rec.unwrap(); y.push(&rec[t]==pos); for (c,&k) in cells.iter_mut().zip(&keep){c.push(rec[k].trim().to_string());}}
 Table{names:keep.iter().map(|&k|h[k].clone()).collect(),cells,y}}
fn missing(s:&str)->bool{matches!(s,""|"NA"|"NULL"|"?")}
// fit binning on `fit` rows
fn encode(t:&Table, fit:&[u32])->BinnedMatrix{
 let n=t.y.len();
 let cols:Vec<(CodeKind,u16,Vec<u8>)>=t.cells.par_iter().map(|c|{
  let num=c.iter().all(|s|missing(s)||s.parse::<f64>().is_ok());
  if num { let v:Vec<f64>=c.iter().map(|s|s.parse().unwrap_or(f64::NAN)).collect();
   let mut s:Vec<f64>=fit.iter().map(|&i|v[i as usize]).filter(|x|!x.is_nan()).collect(); s.sort_by(f64::total_cmp);
   let mut d=s.clone(); d.dedup();
   let cuts:Vec<f64>= if d.len()<=254 { d.windows(2).map(|w|(w[0]+w[1])/2.0).collect() } else { let mut c:Vec<f64>=(1..254).map(|k|s[k*s.len()/254]).collect(); c.dedup(); c };
   let codes=v.iter().map(|x| if x.is_nan(){0}else{1+cuts.partition_point(|c|c<=x) as u8}).collect();
   (CodeKind::Ordered,cuts.len() as u16+2,codes)
  } else { let mut m:BTreeMap<&str,usize>=BTreeMap::new(); for &i in fit { let s=&c[i as usize]; if !missing(s){*m.entry(s).or_default()+=1;} }
   let mut l:Vec<(&str,usize)>=m.into_iter().collect(); l.sort_by(|a,b|b.1.cmp(&a.1).then(a.0.cmp(b.0))); l.truncate(253);
   let m:BTreeMap<&str,u8>=l.iter().enumerate().map(|(k,(s,_))|(*s,k as u8+1)).collect(); let other=l.len() as u8+1;
   let codes=c.iter().map(|s|if missing(s){0}else{*m.get(s.as_str()).unwrap_or(&other)}).collect();
   (CodeKind::Category,other as u16+1,codes)
  }}).collect();
 let mut m=BinnedMatrix{rows:n,names:t.names.clone(),..Default::default()};
 for (k,c,v) in cols { m.kinds.push(k); m.code_counts.push(c); m.columns.push(v); }
 m}
fn mix(mut x:u64)->u64{x=x.wrapping_add(0x9e3779b97f4a7c15);x=(x^(x>>30)).wrapping_mul(0xbf58476d1ce4e5b9);x=(x^(x>>27)).wrapping_mul(0x94d049bb133111eb);x^(x>>31)}
fn main(){
 let over=std::env::args().nth(1).unwrap_or("{}".into());
 let params:LogisticParams=serde_json::from_str(&over).unwrap();
 let sets:Vec<(&str,Table)>=vec![
  ("churn_modelling",read("churn_modelling/Churn_Modelling.csv",b',',"Exited","1",&["RowNumber","CustomerId","Surname"])),
  ("churn+surname",read("churn_modelling/Churn_Modelling.csv",b',',"Exited","1",&["RowNumber","CustomerId"])),
  ("telco",read("telco/WA_Fn-UseC_-Telco-Customer-Churn.csv",b',',"Churn","Yes",&["customerID"])),
  ("bank_full",read("uci_bank_marketing/bank-full.csv",b';',"y","yes",&["duration"])),
  ("av_bank",read("av_bank_churn/churn_prediction.csv",b',',"churn","1",&["customer_id"])),
 ];
 for (name,t) in &sets {
  let n=t.y.len(); let (mut aucs,mut lls)=(vec![],vec![]); let mut cols=0; let mut secs=0.0; let reps:u64=std::env::var("REPS").map_or(2,|r|r.parse().unwrap());
  for rep in 0..reps { let mut s=vec![0.0;n];
   let mut a=0.0;
   for f in 0..5u64 { let fold=|i:u32|mix(mix(rep+77)^i as u64)%5==f;
    let tr:Vec<u32>=(0..n as u32).filter(|&i|!fold(i)).collect(); let te:Vec<u32>=(0..n as u32).filter(|&i|fold(i)).collect();
    let m=encode(t,&tr);
    let y=Array1::from_iter(tr.iter().map(|&i|t.y[i as usize]));
    let t0=Instant::now();
    let card=params.fit(&DatasetBase::new(Rows{matrix:&m,index:&tr},y)).unwrap(); secs+=t0.elapsed().as_secs_f64();
    cols=card.columns.len();
    let p:Array1<f64>=card.predict(Rows{matrix:&m,index:&te});
    let yt:Vec<bool>=te.iter().map(|&i|t.y[i as usize]).collect();
    a+=auc(p.as_slice().unwrap(),&yt)/5.0;
    for (&i,&v) in te.iter().zip(p.iter()){s[i as usize]=v;}
    if std::env::var("SHOW").is_ok() && rep==0 && f==0 { for c in &card.columns { println!("  {} coef {:.3} iv {:.3} {:?}",m.names[c.column as usize],c.coefficient,c.information_value,c.groups.iter().map(|g|((g.rows) as i64,(g.logit*100.0).round()/100.0)).collect::<Vec<_>>()); } }
   }
   aucs.push(a); lls.push(ll(&s,&t.y));
  }
  println!("{name:16} auc {:.5} logloss {:.5} columns {cols}/{} {:.3}s a fit",aucs.iter().sum::<f64>()/reps as f64,lls.iter().sum::<f64>()/reps as f64,t.names.len(),secs/5.0/reps as f64);
 }
}
